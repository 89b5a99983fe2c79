-- Removes consumers that hold nothing: the one that leaves, and those that died long ago. One that still
-- holds something stays, since its entries would go with it.
-- KEYS: the queue. ARGV: group, the consumer that leaves, milliseconds of silence after which one is dead
local queue, group, leaving, silence = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local consumers = redis.pcall('XINFO', 'CONSUMERS', queue, group)
for _, flat in ipairs(consumers) do
    local consumer = {}
    for at = 1, #flat, 2 do consumer[flat[at]] = flat[at + 1] end
    if consumer.pending == 0 and (consumer.name == leaving or consumer.idle > silence) then
        redis.call('XGROUP', 'DELCONSUMER', queue, group, consumer.name)
    end
end
