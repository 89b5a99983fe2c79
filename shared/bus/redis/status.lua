-- KEYS: the queue, its due times, its dead letters. ARGV: group
-- Returns the counts ready, in flight, waiting and dead, and the oldest ready one's age in milliseconds or -1.
local queue, due, dead, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local pending = redis.pcall('XPENDING', queue, group)
local in_flight = pending[1] or 0
local overdue = redis.call('ZCOUNT', due, '-inf', now)
local last = '0-0'
if pending[1] then
    for _, found in ipairs(redis.call('XINFO', 'GROUPS', queue)) do
        local is_ours = false
        for at = 1, #found, 2 do
            if found[at] == 'name' then is_ours = found[at + 1] == group end
            if found[at] == 'last-delivered-id' and is_ours then last = found[at + 1] end
        end
    end
end
local oldest, first = -1, redis.call('XRANGE', queue, '(' .. last, '+', 'COUNT', 1)[1]
if first then oldest = math.max(0, now - tonumber(string.match(first[1], '^%d+'))) end
return {
    math.max(0, redis.call('XLEN', queue) - in_flight) + overdue, in_flight, redis.call('ZCARD', due) - overdue,
    redis.call('XLEN', dead), oldest,
}
