-- Moves entries to where they go next: a wait, the dead letters, or the queue's end. An entry that is
-- no longer this consumer's is left to the one it belongs to.
-- KEYS: the queue, its waiting stream, their due times, its dead letters, their ids
-- ARGV: group, consumer, then of each entry: its id, its message's id, 'retry', 'bury' or 'back', the
--       attempts counted so far, and the milliseconds to wait or the reason
local queue, retry, due, dead, dead_ids = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ours = {attempts = true, reason = true, ['died-at'] = true}

local function is_held(entry)
    local pending = redis.pcall('XPENDING', queue, group, entry, entry, 1)
    return pending[1] and pending[1][2] == consumer
end

local function copy(fields, attempts)
    local kept = {'attempts', attempts}
    for at = 1, #fields, 2 do
        if not ours[fields[at]] then
            kept[#kept + 1], kept[#kept + 2] = fields[at], fields[at + 1]
        end
    end
    return kept
end

for at = 3, #ARGV, 5 do
    local entry, id, way, attempts, detail = unpack(ARGV, at, at + 4)
    if is_held(entry) then
        local found = redis.call('XRANGE', queue, entry, entry)[1]
        if found then
            local fields = copy(found[2], attempts)
            if way == 'retry' then
                local waiting = redis.call('XADD', retry, '*', unpack(fields))
                redis.call('ZADD', due, now + tonumber(detail), waiting)
            elseif way == 'bury' then
                local letter = redis.call(
                    'XADD', dead, '*', 'reason', detail, 'died-at', string.format('%.0f', now), unpack(fields))
                redis.call('ZADD', dead_ids, 0, id .. '\0' .. letter)
            else
                redis.call('XADD', queue, '*', unpack(fields))
            end
        end
        redis.call('XACK', queue, group, entry)
        redis.call('XDEL', queue, entry)
    end
end
