-- Puts what has waited long enough at the end of its queue.
-- KEYS: the queue, its waiting stream, their due times. ARGV: how many at most
-- Returns the milliseconds until the next one is due, -1 when none waits.
local queue, retry, due = KEYS[1], KEYS[2], KEYS[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for _, waiting in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, ARGV[1])) do
    local found = redis.call('XRANGE', retry, waiting, waiting)[1]
    if found then
        redis.call('XADD', queue, '*', unpack(found[2]))
        redis.call('XDEL', retry, waiting)
    end
    redis.call('ZREM', due, waiting)
end
local next = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
return next[2] and math.max(0, tonumber(next[2]) - now) or -1
