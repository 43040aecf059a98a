-- SPDX-License-Identifier: BSL-1.0
-- The one wrk script. Environment: BENCH_DEPTH requests are sent in one write, BENCH_BODY names a file to POST.
-- The last line printed is "BENCH " and the exact counts as JSON.

local depth = tonumber(os.getenv("BENCH_DEPTH") or "1")
local body_file = os.getenv("BENCH_BODY")
local batch

if body_file then
  local file = assert(io.open(body_file, "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  file:close()
end

function init(args)
  batch = string.rep(wrk.format(), depth)
end

-- Defining it makes wrk ask Lua for each request, so only the pipelined case does.
if depth > 1 then
  function request()
    return batch
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
