-- Takes over what was pending for too long: its consumer is dead, or stuck.
-- KEYS: the queue. ARGV: group, consumer, milliseconds that are too long, how many at most
-- Returns how many pending entries no longer exist, and of each entry taken over its id, how often it
-- was delivered (this time included) and its fields.
local queue, group, consumer, idle, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local gone, taken, cursor = 0, {}, '0-0'
repeat
    local reply = redis.call('XAUTOCLAIM', queue, group, consumer, idle, cursor, 'COUNT', most - #taken)
    cursor, gone = reply[1], gone + #reply[3]
    for _, entry in ipairs(reply[2]) do
        local pending = redis.call('XPENDING', queue, group, entry[1], entry[1], 1)[1]
        taken[#taken + 1] = {entry[1], pending[4], entry[2]}
    end
until cursor == '0-0' or #taken >= most
return {gone, taken}
