import type { TokenIssuer } from '../../lib/config.ts';

/** What a service under test stands on: stand-ins on this machine. */
export interface Surroundings {
  /** URL of the database */
  readonly endpoint: string;
  readonly tableName: string;
  readonly kms: { readonly endpoint: string };
  readonly issuers: readonly Pick<TokenIssuer, 'issuer' | 'jwksUri' | 'realms'>[];
}

/** The settings of a service under test; undefined is left out. */
export function environmentOf({ endpoint, tableName, kms, issuers }: Surroundings): Record<string, string | undefined> {
  const common = { audience: 'appkeys', algorithms: ['ES256'] };
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TABLE_NAME: tableName,
    SERVICE_KEY_ID: 'alias/appkeys-test',
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    TOKEN_ISSUERS: JSON.stringify(issuers.map((issuer) => ({ ...common, ...issuer }))),
    RATE_LIMIT: 'off',
    API_KEY_PLACES: undefined,
    API_KEY_PREFIXES_ACCEPTED: undefined,
    VERIFY_CACHE_SECONDS: undefined,
    LAST_USED_SECONDS: undefined,
  };
}

export function setEnvironment(settings: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
