-- Takes the oldest dead letter with this message id away, and back to the end of its queue when asked.
-- KEYS: the queue, its dead letters, their ids. ARGV: the message id, 'replay' or 'discard'
-- Returns how many were found: 1 or 0.
local queue, dead, dead_ids = KEYS[1], KEYS[2], KEYS[3]
local from = ARGV[1] .. '\0'
for _, member in ipairs(redis.call('ZRANGEBYLEX', dead_ids, '[' .. from, '(' .. ARGV[1] .. '\1', 'LIMIT', 0, 1)) do
    local letter = string.sub(member, #from + 1)
    local found = redis.call('XRANGE', dead, letter, letter)[1]
    redis.call('ZREM', dead_ids, member)
    redis.call('XDEL', dead, letter)
    if found and ARGV[2] == 'replay' then
        local kept, story = {'attempts', '0'}, {attempts = true, reason = true, ['died-at'] = true}
        for at = 1, #found[2], 2 do
            if not story[found[2][at]] then
                kept[#kept + 1], kept[#kept + 2] = found[2][at], found[2][at + 1]
            end
        end
        redis.call('XADD', queue, '*', unpack(kept))
    end
    return found and 1 or 0
end
return 0
