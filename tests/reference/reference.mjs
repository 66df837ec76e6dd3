// Decides requests with @cloud-copilot/iam-simulate: requests in the form of `eks-auditor simulate` in, one
// a line; its verdict out, one a line. Asks the core engine, since the public functions drop condition
// keys that they do not know, or ignore session policies.
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadPolicy } from '@cloud-copilot/iam-policy'

// The package exports only its front door.
const inside = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@cloud-copilot/iam-simulate/dist/esm')
const load = (path) => import(pathToFileURL(join(inside, path)).href)
const { authorize } = await load('core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load('request/request.js')
const { RequestContextImpl } = await load('requestContext.js')
const { DiscoveryContextKeyConstraints } = await load('context_keys/discoveryContextKeyConstraints.js')

const strict = {
  simulationMode: 'Strict',
  discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
}
const words = { Allowed: 'allowed', ExplicitlyDenied: 'explicitDeny', ImplicitlyDenied: 'implicitDeny' }

const policy = (document) => loadPolicy(document, { name: 'policy' })
const list = (documents) => (documents ?? []).map(policy)
const everything = policy({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})
const some = (documents) => (documents?.length ? list(documents) : undefined)
const levels = (all, more) =>
  all?.length
    ? all.map((documents, at) => ({ orgIdentifier: `level ${at}`, policies: [...list(documents), ...more] }))
    : [{ orgIdentifier: 'none', policies: [everything] }]

const context = (entries) =>
  Object.fromEntries(
    entries.map(({ ContextKeyName: name, ContextKeyValues: values, ContextKeyType: type }) => [
      name,
      type?.endsWith('List') ? values : values[0],
    ])
  )

function decide(asked) {
  const caller = asked.CallerAnonymous
    ? { type: 'Anonymous' }
    : (asked.CallerArn ?? asked.CallerService ?? asked.CallerFederated)
  // "The root user … has full access" has no policy that says so.
  const root = asked.CallerArn?.endsWith(':root') ? [everything] : []
  const resource = asked.ResourceArns?.[0] ?? '*'
  const request = new AwsRequestImpl(
    caller,
    { resource, accountId: asked.ResourceOwner },
    asked.ActionNames[0],
    new RequestContextImpl(context(asked.ContextEntries)),
    resource === '*'
  )
  const answer = authorize({
    request,
    sessionPolicy: some(asked.SessionPolicyInputList)?.[0],
    identityPolicies: [...list(asked.PolicyInputList), ...root],
    serviceControlPolicies: levels(asked.ServiceControlPolicyInputList, []),
    resourceControlPolicies: levels(asked.ResourceControlPolicyInputList, [everything]),
    resourcePolicy: asked.ResourcePolicy ? policy(asked.ResourcePolicy) : undefined,
    permissionBoundaries: some(asked.PermissionsBoundaryPolicyInputList),
    vpcEndpointPolicies: some(asked.VpcEndpointPolicyInputList),
    simulationParameters: strict,
  })
  return words[answer.result] ?? answer.result
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = decide(JSON.parse(line))
  } catch (error) {
    answer = `error: ${error.message}`
  }
  process.stdout.write(`${answer.replaceAll('\n', ' ')}\n`)
}
