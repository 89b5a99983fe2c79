-- Adds each message to every queue bound to its key: to all of them or, when Redis dies, to none.
-- ARGV: the prefix, then id, key, subject and body of each message
-- Returns for each message to how many queues it went.
local prefix, bound, counts = ARGV[1], {}, {}
for at = 2, #ARGV, 4 do
    local id, key, subject, body = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    bound[key] = bound[key] or redis.call('SMEMBERS', prefix .. 'bound:' .. key)
    for _, queue in ipairs(bound[key]) do
        redis.call('XADD', prefix .. queue, '*', 'id', id, 'key', key, 'subject', subject, 'body', body)
    end
    counts[#counts + 1] = #bound[key]
end
return counts
