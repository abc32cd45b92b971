-- Sends prepared requests in random order, for wrk. Arguments after "--": a Lua file that returns a list of requests, each
-- {before} or {before, after}, and a text of 8 characters that no other run has. A request with an `after` gets a fresh
-- key of 16 characters between the two: that text and the request's number.

local requests, run
local number = 0

function init(arguments)
    requests = dofile(arguments[1])
    run = arguments[2]
    math.randomseed(tonumber(run, 16))
end

function request()
    local chosen = requests[math.random(#requests)]
    if not chosen[2] then return chosen[1] end
    number = number + 1
    return chosen[1] .. run .. string.format("%08x", number) .. chosen[2]
end

-- Prints what http_load reads. wrk counts in microseconds.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"answers": %d, "refused": %d, "broken": %d, "seconds": %.6f, "p50": %.6f, "p95": %.6f, "p99": %.6f}\n',
        summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(95) / 1e6,
        latency:percentile(99) / 1e6))
end
