//! The scripts of the Redis store: each is one step, on keys of one node.

/// Sets a key for at least so many seconds: a revocation is not shortened.
pub(super) const REVOKE: &str = "\
    if redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], 1, 'EX', ARGV[1]) end \
    return 1";

/// The later time of the two, for the longer of the two.
pub(super) const REVOKE_SUBJECT: &str = "\
    local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[2])) \
    local ttl = math.max(redis.call('TTL', KEYS[1]), tonumber(ARGV[1])) \
    redis.call('SET', KEYS[1], string.format('%.0f', before), 'EX', ttl) \
    return 1";

/// KEYS: the token. ARGV: what is kept as text, its ends, its beginning, session and subject, and for how long.
pub(super) const BEGIN: &str = "\
    redis.call('HSET', KEYS[1], 'data', ARGV[1], 'expires_at', ARGV[2], 'ends_at', ARGV[3], 'began_at', ARGV[4], \
        'session', ARGV[5], 'subject', ARGV[6]) \
    redis.call('EXPIRE', KEYS[1], ARGV[7]) \
    return 1";

/// Sent again after its answer was lost, with the same successor, it answers as before.
///
/// KEYS: the token, its successor. ARGV: now, the prefix, the end of the grace, the sealed successor, how long that lives.
pub(super) const CONSUME: &str = "\
    local r = redis.call('HMGET', KEYS[1], 'data', 'expires_at', 'ends_at', 'began_at', 'session', 'subject', \
        'used', 'grace_until', 'sealed') \
    if not r[1] then return {'unknown', '', '', ''} end \
    local now, ends_at = tonumber(ARGV[1]), tonumber(r[3]) \
    local session = ARGV[2] .. 's:' .. r[5] \
    local before = tonumber(redis.call('GET', ARGV[2] .. 'u:' .. r[6]) or '0') \
    local live = tonumber(r[2]) > now and ends_at > now and redis.call('EXISTS', session) == 0 and tonumber(r[4]) >= before \
    if r[7] then \
        if live and redis.call('EXISTS', KEYS[2]) == 1 then return {'now', r[1], r[2], ''} end \
        if live and tonumber(r[8]) > now then return {'before', r[1], r[2], r[9]} end \
        redis.call('SET', session, 1, 'EX', math.max(ends_at - now, 1)) \
        return {'reused', r[1], r[2], ''} \
    end \
    if not live then return {'unknown', '', '', ''} end \
    redis.call('HSET', KEYS[1], 'used', 1, 'grace_until', ARGV[3], 'sealed', ARGV[4]) \
    local expires_at = math.min(now + tonumber(ARGV[5]), ends_at) \
    redis.call('HSET', KEYS[2], 'data', r[1], 'expires_at', string.format('%.0f', expires_at), 'ends_at', r[3], \
        'began_at', r[4], 'session', r[5], 'subject', r[6]) \
    redis.call('EXPIRE', KEYS[2], ends_at - now) \
    return {'now', r[1], r[2], ''}";
