-- The health, as Argo CD has it, of an object of vpp-operator.io of any kind.

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function holds(kind)
  return conditions[kind] ~= nil and conditions[kind].status == "True"
end

local function health(of, condition)
  return {status = of, message = condition.reason .. ": " .. condition.message}
end

local ready = conditions.Ready
if ready == nil then
  return {status = "Progressing", message = "The node's agent has not told about it yet"}
end
if ready.status == "Unknown" then -- the node's agent is lost, or there is none
  return health("Unknown", ready)
end
if ready.reason == "Paused" then -- the generation is not observed then either
  return health("Suspended", ready)
end
if status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "The node's agent has not handled the latest change yet"}
end
if holds("PruneHeld") then -- of a VPPNode: waits for somebody
  return health("Suspended", conditions.PruneHeld)
end
if ready.status == "True" then
  return health("Healthy", ready)
end
if holds("Stalled") then
  return health("Degraded", ready)
end
-- A VPPNode that is not ready is connecting, or reading its VPP.
if holds("Reconciling") or obj.kind == "VPPNode" then
  return health("Progressing", ready)
end
return health("Degraded", ready) -- drifted, or overridden
