import * as schemas from './schemas.ts';

/** The schemas that have a name in the OpenAPI document. */
const named: Readonly<Record<string, object>> = {
  ApiKey: schemas.apiKeyReply,
  ChangedApiKey: schemas.changedApiKeyReply,
  LastChange: schemas.lastChange,
  ApiKeyPage: schemas.apiKeysReply,
  NewApiKey: schemas.newApiKeyReply,
  Successor: schemas.successorReply,
  GenerateApiKeyBody: schemas.generateApiKeyBody,
  UpdateApiKeyBody: schemas.updateApiKeyBody,
  RotateApiKeyBody: schemas.rotateApiKeyBody,
  RevokeApiKeyBody: schemas.revokeApiKeyBody,
  Revocation: schemas.revocationReply,
  Overlap: schemas.overlap,
  VerifyApiKeyBody: schemas.verifyApiKeyBody,
  Verification: schemas.verificationReply,
  ValidApiKey: schemas.verificationReply.oneOf[0],
  InvalidApiKey: schemas.verificationReply.oneOf[1],
  App: schemas.appReply,
  KeyLifetime: schemas.keyLifetime,
  AppWithRights: schemas.appWithRightsReply,
  ChangedApp: schemas.changedAppReply,
  DueNotice: schemas.dueNotice,
  AppPage: schemas.appsReply,
  CreateAppBody: schemas.createAppBody,
  UpdateAppBody: schemas.updateAppBody,
  Grant: schemas.grantReply,
  GrantList: schemas.grantsReply,
  PutGrantBody: schemas.putGrantBody,
  IssuerList: schemas.issuersReply,
  ApiError: schemas.errorReply,
  ApiErrorDetail: schemas.errorDetail,
};
const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]));

/** @returns every named schema as it is published, by name */
export function publishedSchemas(): Record<string, object> {
  return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, publishParts(schema)]));
}

/** @returns the schema as it is published: a reference if it has a name */
export function publishSchema(schema: object): object {
  return publish(schema) as object;
}

function publish(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(publish);
  const name = names.get(part);
  return name ? { $ref: `#/components/schemas/${name}` } : publishParts(part);
}

function publishParts(schema: object): object {
  const entries = Object.entries(schema).filter(([keyword, value]) => !isEmptyRequired(keyword, value));
  return Object.fromEntries(
    entries.map(([keyword, value]) => [keyword, keyword === 'pattern' ? portable(value) : publish(value)]),
  );
}

function isEmptyRequired(keyword: string, value: unknown): boolean {
  return keyword === 'required' && Array.isArray(value) && value.length === 0;
}

function portable(pattern: string): string {
  return schemas.portablePatterns[pattern] ?? pattern;
}
