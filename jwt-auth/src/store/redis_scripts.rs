//! The scripts of the Redis store: each is one step, on keys of one node.

/// Sets a key for each revocation, and never shortens one that is there already. Each key has three arguments: `once`
/// or `before`, how many seconds it lives, and, for `before`, the time.
macro_rules! revoke {
    ($revocations:literal) => {
        concat!(
            "for i = 1, ",
            $revocations,
            " do \
                local key, kind, ttl = KEYS[i], ARGV[3 * i - 2], tonumber(ARGV[3 * i - 1]) \
                local kept = redis.call('TTL', key) \
                if kind == 'before' then \
                    local before = math.max(tonumber(redis.call('GET', key) or '0'), tonumber(ARGV[3 * i])) \
                    redis.call('SET', key, string.format('%.0f', before), 'EX', math.max(kept, ttl)) \
                elseif kept < ttl then \
                    redis.call('SET', key, 1, 'EX', ttl) \
                end \
            end "
        )
    };
}

/// KEYS: one for each revocation.
pub(super) const REVOKE: &str = concat!(revoke!("#KEYS"), "return 1");

/// KEYS: one for each session or token that is replaced, and the refresh token last. ARGV: those of the replaced; then
/// the record as text, `expires_at`, `ends_at`, `began_at`, session, subject, and how many seconds the record lives.
pub(super) const BEGIN: &str = concat!(
    revoke!("#KEYS - 1"),
    "local n = 3 * (#KEYS - 1) \
    redis.call('HSET', KEYS[#KEYS], 'data', ARGV[n + 1], 'expires_at', ARGV[n + 2], 'ends_at', ARGV[n + 3], \
        'began_at', ARGV[n + 4], 'session', ARGV[n + 5], 'subject', ARGV[n + 6]) \
    redis.call('EXPIRE', KEYS[#KEYS], ARGV[n + 7]) \
    return 1"
);

/// Sent again after its answer was lost, with the same successor, it answers as before.
///
/// KEYS: the token, its successor. ARGV: now, the prefix, the end of the grace, the sealed successor, how long that lives, and for
/// how long after its end the session stays revoked.
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
        redis.call('SET', session, 1, 'EX', math.max(ends_at - now + tonumber(ARGV[6]), 1)) \
        return {'reused', r[1], r[2], ''} \
    end \
    if not live then return {'unknown', '', '', ''} end \
    redis.call('HSET', KEYS[1], 'used', 1, 'grace_until', ARGV[3], 'sealed', ARGV[4]) \
    local expires_at = math.min(now + tonumber(ARGV[5]), ends_at) \
    redis.call('HSET', KEYS[2], 'data', r[1], 'expires_at', string.format('%.0f', expires_at), 'ends_at', r[3], \
        'began_at', r[4], 'session', r[5], 'subject', r[6]) \
    redis.call('EXPIRE', KEYS[2], ends_at - now) \
    return {'now', r[1], r[2], ''}";
