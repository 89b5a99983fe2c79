-- Says that entries are still being worked on: their idle time starts anew, no delivery is counted.
-- KEYS: the queue. ARGV: group, consumer, then the entries
-- Returns how many were still this consumer's.
local queue, group, consumer, kept = KEYS[1], ARGV[1], ARGV[2], 0
for at = 3, #ARGV do
    local pending = redis.pcall('XPENDING', queue, group, ARGV[at], ARGV[at], 1)
    if pending[1] and pending[1][2] == consumer then
        redis.call('XCLAIM', queue, group, consumer, 0, ARGV[at], 'JUSTID')
        kept = kept + 1
    end
end
return kept
