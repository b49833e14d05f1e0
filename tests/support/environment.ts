import { type Operation, operations } from '../../lib/contract/operations.ts';
import type { TokenIssuer } from '../../lib/service/settings.ts';
import type { OperationId } from './events.ts';
import type { TestIssuer } from './issuer.ts';
import { type SettingsParts, settingsFolder, testIssuer, testSettings } from './settings.ts';

/** The realms that each of the two issuers of a test speaks for. */
export const realmsOfIssuer = ['myrealm', 'other'] as const;
export const realmsOfOtherIssuer = ['third'] as const;

type TrustedIssuer = Pick<TokenIssuer, 'issuer' | 'jwksUri' | 'realms'>;

/** What a service under test stands on: stand-ins on this machine. */
export interface Surroundings {
  /** URL of the database */
  readonly endpoint: string;
  readonly tableName: string;
  readonly kms: { readonly endpoint: string };
  readonly issuers: readonly TrustedIssuer[];
}

/** The two issuers of a test, as the service is told of them. */
export function trusted(issuer: TestIssuer, otherIssuer: TestIssuer): TrustedIssuer[] {
  return [
    { issuer: issuer.issuer, jwksUri: issuer.jwksUri, realms: realmsOfIssuer },
    { issuer: otherIssuer.issuer, jwksUri: otherIssuer.jwksUri, realms: realmsOfOtherIssuer },
  ];
}

/**
 * @param settings that differ from the usual ones
 * @returns the environment of a service under test
 */
export function environmentOf(
  { endpoint, tableName, kms, issuers }: Surroundings,
  settings: SettingsParts = {},
): Record<string, string | undefined> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    LAMBDA_TASK_ROOT: settingsFolder(testSettings({ tableName, issuers: issuers.map(testIssuer), ...settings })),
  };
}

/** Sets variables; undefined removes one. */
export function setEnvironment(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** What the service does from now on is in a process of its own, as far as it knows: nothing is open. */
export function startProcess(): void {
  process.env = { ...process.env };
}

export type Handler = (event: unknown, context: unknown) => Promise<never>;

/** Loads the handler of every operation but the pages for people. @param version another one loads them anew */
export async function loadHandlers(version = ''): Promise<Record<OperationId, Handler>> {
  const ids = Object.values<Operation>(operations).flatMap(({ id, isPage }) => (isPage ? [] : [id]));
  const loaded = ids.map(async (id) => {
    const file = new URL(`../../functions/${kebab(id)}.ts`, import.meta.url);
    return [id, (await import(`${file}${version}`)).handler];
  });
  return Object.fromEntries(await Promise.all(loaded));
}

export async function loadAuthorizer(): Promise<Handler> {
  return (await import('../../functions/authorize-api-key.ts')).handler as never;
}

function kebab(id: string): string {
  return id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
