import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { interactionPolicy, Provider } from 'oidc-provider';
import type { SignInSettings } from '../../lib/service/settings.ts';
import { formatUrl, type Ports } from './addresses.ts';
import { demoUsers } from './demo-users.ts';
import { algorithm, audience, type SigningKey } from './issuer.ts';
import { forOwnHosts } from './own-hosts.ts';
import { listen, loopback } from './ports.ts';
import { openProviderRecords } from './provider-records.ts';
import { errorPage, page, signInPage } from './sign-in-page.ts';

/** The console and the command line sign in as this client. */
const clientId = 'appkeys';
const scope = 'openid offline_access api';
const resource = 'urn:appkeys:api';
const realm = 'myrealm';

const minutes = 60;
const hours = 60 * minutes;

interface Surroundings {
  /** signs the tokens, and the tokens of `npm run token` */
  readonly key: SigningKey;
  /** the folder in which the provider stores its records */
  readonly folder: string;
}

type ProviderPorts = Pick<Ports, 'httpPort' | 'issuerPort'>;

/** @returns the setting `console` for a sign-in at this provider */
export function signInSettings(issuer: string): SignInSettings {
  const endpoints = {
    authorization: `${issuer}/auth`,
    token: `${issuer}/token`,
    endSession: `${issuer}/session/end`,
    deviceAuthorization: `${issuer}/device/auth`,
  };
  return { issuer, clientId, scope, endpoints };
}

/** Starts an OpenID provider for the pages of the service on the loopback address. Its users are the demo users. */
export async function startIdentityProvider(
  { httpPort, issuerPort }: ProviderPorts,
  surroundings: Surroundings,
): Promise<{ issuer: string; stop: () => void }> {
  const issuer = formatUrl(issuerPort);
  const provider = createProvider({ httpPort, issuerPort }, surroundings);
  const callback = provider.callback();
  const server = createServer(async (request, response) => {
    const [, uid] = /^\/sign-in\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    if (uid === undefined) return callback(request, response);
    await signIn(provider, request, response).catch(() => {
      sendPage(response, 400, errorPage('This sign-in has expired.', consoleUrl(httpPort)));
    });
  });
  await listen(forOwnHosts(server), issuerPort);
  return { issuer, stop: () => void server.close().closeAllConnections() };
}

function createProvider(
  { httpPort, issuerPort }: ProviderPorts,
  { key: { privateJwk }, folder }: Surroundings,
): Provider {
  const origins = [loopback, 'localhost'].map((host) => `http://${host}:${httpPort}`);
  const pages = origins.flatMap((origin) => [`${origin}/console`, `${origin}/docs`]);
  return new Provider(formatUrl(issuerPort), {
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [...pages, `http://${loopback}/callback`, 'http://localhost/callback'],
        post_logout_redirect_uris: pages,
      },
    ],
    clientDefaults: { id_token_signed_response_alg: algorithm },
    clientBasedCORS: (_, origin) => origins.includes(origin),
    adapter: openProviderRecords(join(folder, 'identity-provider.json')),
    cookies: {
      keys: [createHash('sha256').update(`cookies ${privateJwk.d}`).digest('hex')],
      // A browser sends cookies to every port of a host, so each local service needs its own cookie names.
      names: {
        session: `appkeys_session_${issuerPort}`,
        interaction: `appkeys_interaction_${issuerPort}`,
        resume: `appkeys_resume_${issuerPort}`,
      },
    },
    renderError: (ctx, { error, error_description: description = error }) => {
      ctx.type = 'html';
      ctx.body = errorPage(`The identity provider rejected the request: ${description}.`, consoleUrl(httpPort));
    },
    jwks: { keys: [privateJwk as never] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'api'],
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: async (ctx, form, _, error) => {
          if (error?.name === 'AbortedError') {
            ctx.body = page('You are not signed in', '<p>The sign-in was cancelled. You can close this page.</p>');
            return;
          }
          const words = error
            ? 'This code is unknown or has expired. Try again.'
            : 'Enter the code that your terminal shows.';
          ctx.body = page(
            'Sign in a terminal',
            `<p>${words}</p>${form}<button form="op.deviceInputForm" class="primary">Continue</button>`,
          );
        },
        userCodeConfirmSource: async (ctx, form, _client, _device, userCode) => {
          const words =
            'Your terminal should show this code. If it does not, cancel: somebody else wants to sign in as you.';
          const buttons =
            '<button form="op.deviceConfirmForm" autofocus>Continue</button> ' +
            '<button form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>';
          ctx.body = page('Sign in a terminal', `<p>${words}</p><p><code>${userCode}</code></p>${form}${buttons}`);
        },
        successSource: async (ctx) => {
          ctx.body = page('Signed in', '<p>You can close this page and go back to your terminal.</p>');
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          const buttons =
            '<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button> ' +
            '<button form="op.logoutForm">Stay signed in</button>';
          ctx.body = page(
            'Sign out of appkeys',
            `<p>Your session at the identity provider ends too.</p>${form}${buttons}`,
          );
        },
        postLogoutSuccessSource: async (ctx) => {
          ctx.body = page('Signed out', '');
        },
      },
      revocation: { enabled: true, allowedPolicy: async (_, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: 'api',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    interactions: { policy: withoutConsent(), url: (_, { uid }) => `/sign-in/${uid}` },
    findAccount: (_, accountId) =>
      Object.hasOwn(demoUsers, accountId) ? { accountId, claims: () => ({ sub: accountId }) } : undefined,
    extraTokenClaims: (_, token) => ({
      rlm: realm,
      permissions: demoUsers['accountId' in token ? (token.accountId as string) : '']?.permissions ?? [],
    }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant: async ({ oidc }) => {
      const { session } = oidc;
      // A new grant would end the refresh tokens of other browser tabs.
      const known = await oidc.provider.Grant.find(session?.grantIdFor(clientId) ?? '');
      if (known && known.accountId === session?.accountId) return known;
      const grant = new oidc.provider.Grant({ clientId, accountId: session?.accountId });
      grant.addOIDCScope(scope);
      grant.addResourceScope(resource, scope);
      await grant.save();
      return grant;
    },
    ttl: {
      AccessToken: 15 * minutes,
      AuthorizationCode: 1 * minutes,
      DeviceCode: 10 * minutes,
      IdToken: 1 * hours,
      Interaction: 1 * hours,
      RefreshToken: 12 * hours,
      Session: 12 * hours,
      Grant: 12 * hours,
    },
  });
}

/** Shows the demo users, or completes the sign-in as the chosen user. */
async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    return sendPage(response, 200, signInPage());
  }
  const accountId = new URLSearchParams(await text(request)).get('user') ?? '';
  const isUser = Object.hasOwn(demoUsers, accountId);
  const cancelled = { error: 'access_denied', error_description: 'The sign-in was cancelled.' };
  await provider.interactionFinished(request, response, isUser ? { login: { accountId } } : cancelled);
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html);
}

function consoleUrl(httpPort: number): string {
  return `${formatUrl(httpPort)}/console`;
}

/** The only client belongs to this project, so users need not give their consent. */
function withoutConsent(): interactionPolicy.Prompt[] {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}
