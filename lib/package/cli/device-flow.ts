import { setTimeout as pause } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';
import { openInBrowser } from './browser.ts';
import { askProvider, refusalOf, requireSafeEndpoint, serverOf, type Tokens } from './identity-provider.ts';
import type { SignInSettings } from './sign-in-settings.ts';
import { tell } from './terminal.ts';

/** The longest time to wait for the user, in seconds, even if the identity provider allows more. */
const longestSeconds = 1_800;
/** The default polling interval, and its increase after `slow_down`, in seconds. */
const usualSeconds = 5;

/**
 * Signs in with a code that the user enters in a browser, on any machine.
 * @throws Error when the user cancels, the code expires, or the identity provider fails
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
export async function signInByDevice(settings: SignInSettings, clientId: string, insecure: boolean): Promise<Tokens> {
  const device = await requestCode(settings, clientId, insecure).catch(whyNoCode);
  const { verification_uri: address, verification_uri_complete: complete = address, user_code: code } = device;
  for (const uri of [address, complete]) requireSafeEndpoint(uri, insecure, 'verification_uri');
  tell(`Open ${address} in a browser and enter the code ${code}`);
  openInBrowser(complete);
  return waitForTokens(device, (deviceCode) => requestTokens(settings, clientId, deviceCode, insecure));
}

async function requestCode({ issuer, endpoints, scope, parameters }: SignInSettings, id: string, insecure: boolean) {
  const { deviceAuthorization: endpoint = '' } = endpoints;
  const [server, client] = [serverOf(issuer, { device_authorization_endpoint: endpoint }), { client_id: id }];
  return askProvider(endpoint, insecure, async (options) => {
    const request = { ...parameters, scope };
    const response = await oauth.deviceAuthorizationRequest(server, client, oauth.None(), request, options);
    return oauth.processDeviceAuthorizationResponse(server, client, response);
  });
}

/** @throws Error that also says what to do if the identity provider rejected the request for a code */
function whyNoCode(error: unknown): never {
  if (!(error instanceof Error) || refusalOf(error).error === undefined) throw error;
  throw new Error(`${error.message} Try again with --no-device.`, { cause: error });
}

async function requestTokens({ issuer, endpoints }: SignInSettings, id: string, code: string, insecure: boolean) {
  const [server, client] = [serverOf(issuer, { token_endpoint: endpoints.token }), { client_id: id }];
  return askProvider(endpoints.token, insecure, async (options) => {
    const response = await oauth.deviceCodeGrantRequest(server, client, oauth.None(), code, options);
    return oauth.processDeviceCodeResponse(server, client, response);
  });
}

async function waitForTokens(
  { device_code: code, expires_in: validSeconds, interval = usualSeconds }: oauth.DeviceAuthorizationResponse,
  request: (code: string) => Promise<Tokens>,
): Promise<Tokens> {
  const deadline = Date.now() + Math.min(validSeconds, longestSeconds) * 1_000;
  let seconds = interval;
  while (Date.now() < deadline) {
    await pause(Math.min(seconds * 1_000, deadline - Date.now()));
    const answer = await request(code).catch(whyNotYet);
    if (typeof answer === 'object') return answer;
    if (answer === 'slow_down') seconds += usualSeconds;
  }
  throw expired();
}

/** @throws Error when the sign-in has failed for good */
function whyNotYet(error: unknown): 'authorization_pending' | 'slow_down' {
  const { error: refusal } = refusalOf(error);
  if (refusal === 'authorization_pending' || refusal === 'slow_down') return refusal;
  if (refusal === 'access_denied') throw new Error('You are not signed in: the sign-in was cancelled.');
  throw refusal === 'expired_token' ? expired() : error;
}

function expired(): Error {
  return new Error('The code has expired. Run the command again.');
}
