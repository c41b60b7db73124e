-- One request of a model: a place in the last minute, a place among the open ones, and amounts of budgets; all or nothing.
-- KEYS: sent (sorted set), open (sorted set), then one counter per budget.
-- ARGV: lease, per minute, open at most, seconds of a lease, seconds of a minute; then most, amount, seconds per budget.
-- By Redis' clock, so that workers whose clocks differ agree.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local lease, minute = ARGV[1], tonumber(ARGV[5])

for i = 3, #KEYS do
    local at = 6 + (i - 3) * 3
    local most, amount = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    if most > 0 and tonumber(redis.call('GET', KEYS[i]) or '0') + amount > most then
        return {'spent', tostring(i - 3)}
    end
end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.6f', now))
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then
    return {'full', '0'}
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now - minute))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
    -- As many must leave the minute as are too many: who may use a share of the rate waits for more than the oldest.
    local at = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
    local due = redis.call('ZRANGE', KEYS[1], at, at, 'WITHSCORES')
    return {'later', string.format('%.3f', tonumber(due[2]) + minute - now)}
end

redis.call('ZADD', KEYS[1], string.format('%.6f', now), lease)
redis.call('EXPIRE', KEYS[1], math.ceil(minute))
redis.call('ZADD', KEYS[2], string.format('%.6f', now + tonumber(ARGV[4])), lease)
redis.call('EXPIRE', KEYS[2], math.ceil(tonumber(ARGV[4])) + 1)
for i = 3, #KEYS do
    local at = 6 + (i - 3) * 3
    redis.call('INCRBY', KEYS[i], ARGV[at + 1])
    redis.call('EXPIRE', KEYS[i], ARGV[at + 2], 'NX')
end
return {'taken', '0'}
