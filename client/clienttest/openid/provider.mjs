// An OpenID provider for tests: what m.login.sso of a homeserver leads to.
//
// usage: node provider.mjs PORT HOMESERVER
//
// Whoever logs in takes any name, with any password; the name becomes the localpart.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, homeserver] = [Number(process.argv[2]), process.argv[3]];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'homeserver',
    client_secret: 'homeserver-secret',
    grant_types: ['authorization_code'],
    redirect_uris: [`${homeserver}/_synapse/client/oidc/callback`],
  }],
  claims: { openid: ['sub'] },
  conformIdTokenClaims: false, // the homeserver reads the ID token only
  findAccount: async (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { devInteractions: { enabled: true } }, // a login form that takes any name
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
});

// The homeserver keeps its connections for two minutes. A server that closes one
// sooner, after 5 s by default, can do so while a request is on its way.
createServer({ keepAliveTimeout: 0 }, provider.callback()).listen(port, '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
