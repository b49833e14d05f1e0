import type { ApiKey, App } from '../../package/client/client.ts';
import { element } from './element.ts';
import { fromNow } from './times.ts';

type LastChange = App['lastChange'];

const words: Readonly<Record<string, string>> = {
  generateApiKey: 'Generated',
  rotateApiKey: 'Rotated',
  updateApiKey: 'Changed',
  enableApiKey: 'Enabled',
  disableApiKey: 'Disabled',
  apiKeyLeaked: 'Reported as leaked',
  rotateSecret: 'Put into use',
  createApp: 'Created',
  updateApp: 'Changed',
  putGrant: 'Rights granted',
  deleteGrant: 'Rights removed',
  putIssuer: 'Token issuer attached',
  deleteIssuer: 'Token issuer detached',
};
const ofKeys: Readonly<Record<string, string>> = {
  generateApiKey: 'Key generated',
  rotateApiKey: 'Key rotated',
  updateApiKey: 'Key changed',
  enableApiKey: 'Key enabled',
  disableApiKey: 'Key disabled',
  deleteApiKey: 'Key deleted',
  deleteApiKeys: 'All keys deleted',
  apiKeyLeaked: 'Key reported as leaked',
  rotateSecret: 'Key put into use',
  fenceApiKey: 'Generation of a key given up',
};

/** @returns who that is, in words: `lambda:` is no principal */
export function nameOf(by: string): string {
  if (by === 'lambda:revokeApiKey') return 'somebody who holds the key';
  if (by.startsWith('lambda:rotateSecret:')) return `the secret ${by.slice('lambda:rotateSecret:'.length)}`;
  return by.startsWith('lambda:') ? `the function ${by.slice('lambda:'.length)}` : by;
}

/** What was done last: `Disabled by bob, 2 hours ago` */
export function keyChange({ lastChange }: ApiKey, now: number): HTMLElement {
  return changeText(lastChange, words, now);
}

export function appChange({ lastChange }: App, now: number): HTMLElement {
  return changeText(lastChange, { ...words, ...ofKeys }, now);
}

function changeText({ at, by, action }: LastChange, names: Readonly<Record<string, string>>, now: number): HTMLElement {
  const time = new Date(at).toISOString();
  return element(
    'span',
    {},
    `${names[action] ?? action} by `,
    element('bdi', {}, nameOf(by)),
    ', ',
    element('time', { datetime: time, title: time }, fromNow(at, now)),
  );
}
