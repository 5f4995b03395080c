// The authorization server of a homeserver, for tests: the Matrix OAuth 2.0 API on top of
// an OpenID provider.
//
// usage: node authorization.mjs PORT HOMESERVER SECRET LIFETIME
//
// Whoever logs in takes any name, with any password; the name becomes the localpart. The
// homeserver asks here whose a token is, and is told of users and devices; both sides
// prove themselves by SECRET. Access tokens live LIFETIME seconds. At SIGHUP the port is
// closed, or opened again; sessions outlive that.
import { createServer } from 'node:http';
import { Provider, errors } from 'oidc-provider';

const [port, homeserver, secret, lifetime] = [Number(process.argv[2]), process.argv[3], process.argv[4], Number(process.argv[5])];
const issuer = `http://127.0.0.1:${port}`;

const API = 'urn:matrix:client:api:*';
const DEVICE = /^urn:matrix:client:device:([A-Za-z0-9._~-]{10,})$/;
const deviceOf = (scope = '') => scope.split(' ').map((one) => DEVICE.exec(one)?.[1]).find(Boolean);

// A scope has to name one device and no more.
function checkScope(scope) {
  const devices = scope.filter((one) => DEVICE.test(one));
  const known = scope.every((one) => one === API || DEVICE.test(one));
  if (devices.length !== 1 || !known) throw new errors.InvalidScope('one device and the client-server API', scope.join(' '));
}

const provider = new Provider(issuer, {
  clients: [],
  clientAuthMethods: ['none'],
  scopes: ['openid', 'offline_access'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  revokeGrantPolicy: () => true, // either token ends the session
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  discovery: {
    account_management_uri: `${issuer}/account`,
    account_management_actions_supported: ['org.matrix.devices_list', 'org.matrix.device_delete'],
  },
  extraClientMetadata: { properties: ['client_uri'], validator: checkClient },
  features: {
    devInteractions: { enabled: true }, // a login form that takes any name
    registration: { enabled: true },
    revocation: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: { // scopes that are no fixed words need a resource to belong to
      enabled: true,
      defaultResource: () => 'urn:matrix:client',
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx) => {
        const { AuthorizationCode, DeviceCode, RefreshToken } = ctx.oidc.entities;
        const asked = ctx.oidc.params?.scope ?? DeviceCode?.params?.scope ?? (AuthorizationCode ?? RefreshToken)?.scope ?? '';
        checkScope(asked.split(' '));
        return { scope: asked, accessTokenFormat: 'opaque', accessTokenTTL: lifetime };
      },
    },
  },
  ttl: { AccessToken: lifetime, RefreshToken: 86400, AuthorizationCode: 60, DeviceCode: 600, Grant: 86400, Interaction: 600, Session: 86400 },
});

// What Matrix asks of a client beyond OpenID.
function checkClient(ctx, key, value, metadata) {
  const page = URL.canParse(value) ? new URL(value) : { protocol: '' };
  if (page.protocol !== 'https:' || page.username) throw new errors.InvalidClientMetadata('client_uri has to be https');
  for (const redirect of (metadata.redirect_uris ?? []).map((one) => new URL(one))) {
    const mayBeHTTP = metadata.application_type === 'native' && redirect.port === '';
    if (redirect.protocol === 'http:' && !mayBeHTTP) throw new errors.InvalidRedirectUri('http is for native clients, without a port');
  }
}

// devices has the user and the device of each grant that has tokens.
const devices = new Map();
const tell = async (what, body) => {
  const answer = await fetch(`${homeserver}/_synapse/mas/${what}`, {
    method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${secret}` },
  });
  if (!answer.ok && answer.status !== 404) throw new Error(`${what}: ${answer.status}`);
};
let toldOff = []; // devices that the homeserver is being told to drop

provider.on('grant.revoked', (ctx, grant) => {
  if (devices.has(grant)) toldOff.push(tell('delete_device', devices.get(grant)));
});

provider.use(async (ctx, next) => {
  if (ctx.path === '/oauth2/introspect') return introspect(ctx);
  await next();
  const { route, entities: { AuthorizationCode, DeviceCode } = {} } = ctx.oidc ?? {};
  if (route === 'device_authorization' && ctx.status === 200) ctx.body = { ...ctx.body, interval: 1 };
  const grant = AuthorizationCode ?? DeviceCode;
  if (route === 'token' && ctx.status === 200 && grant) {
    const device = { localpart: grant.accountId, device_id: deviceOf(ctx.body.scope) };
    devices.set(grant.grantId, device);
    await tell('provision_user', { localpart: device.localpart });
    await tell('upsert_device', { ...device, display_name: ctx.oidc.client.clientName });
  }
  await Promise.all(toldOff.splice(0));
});

// Whose a token is, as the homeserver asks.
async function introspect(ctx) {
  if (ctx.get('authorization') !== `Bearer ${secret}`) {
    ctx.status = 401;
    ctx.body = { error: 'invalid_client' };
    return;
  }
  let form = '';
  for await (const part of ctx.req) form += part;
  const token = await provider.AccessToken.find(new URLSearchParams(form).get('token') ?? '');
  ctx.body = token?.isValid
    ? { active: true, scope: token.scope, username: token.accountId, expires_in: token.remainingTTL }
    : { active: false };
}

// As in provider.mjs: none but the homeserver ends its connections.
const server = createServer({ keepAliveTimeout: 0 }, provider.callback()).listen(port, '127.0.0.1');
process.on('SIGHUP', () => {
  if (!server.listening) return void server.listen(port, '127.0.0.1');
  server.close();
  server.closeAllConnections();
});
setInterval(() => {}, 1 << 30); // a closed port would end the process
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
