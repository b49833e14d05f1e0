/** What a generated client is used through here: its own types have to fit these. */
export interface Calls {
  createApp(body: { name: string; description?: string }): Promise<Answer<App>>;
  getApp(app: string): Promise<Answer<App>>;
  listApps(limit: number, pageToken?: string): Promise<Answer<Page<App>>>;
  updateApp(app: string, body: { description: string }): Promise<Answer<App>>;
  deleteApp(app: string): Promise<Answer<unknown>>;
  generateApiKey(app: string, body: { name: string }, idempotencyKey: string): Promise<Answer<NewApiKey>>;
  listApiKeys(app: string): Promise<Answer<Page<ApiKey>>>;
  getApiKey(app: string, apiKey: string): Promise<Answer<ApiKey>>;
  updateApiKey(app: string, apiKey: string, body: { name: string }): Promise<Answer<ApiKey>>;
  rotateApiKey(app: string, apiKey: string, body: { overlapSeconds: number }): Promise<Answer<NewApiKey>>;
  enableApiKey(app: string, apiKey: string): Promise<Answer<unknown>>;
  disableApiKey(app: string, apiKey: string): Promise<Answer<unknown>>;
  deleteApiKey(app: string, apiKey: string): Promise<Answer<unknown>>;
  deleteApiKeys(app: string): Promise<Answer<unknown>>;
  verifyApiKey(apiKeyId: string): Promise<Answer<{ valid: true; identity: string } | { valid: false; reason: string }>>;
  putGrant(app: string, principal: string, body: { actions: ('read' | 'write' | 'manage')[] }): Promise<Answer<Grant>>;
  listGrants(app: string): Promise<Answer<{ items: Grant[] }>>;
  deleteGrant(app: string, principal: string): Promise<Answer<unknown>>;
  putIssuer(app: string, issuer: string): Promise<Answer<unknown>>;
  listIssuers(app: string): Promise<Answer<{ items: string[] }>>;
  deleteIssuer(app: string, issuer: string): Promise<Answer<unknown>>;
}

/** What each module in clients/ exports. */
export type Connect = (url: string, token: string) => Calls;

export interface Answer<Body> {
  readonly status: number;
  readonly body?: Body | undefined;
  readonly error?: Refusal | undefined;
}

export interface Refusal {
  readonly code: string;
  readonly cause: string;
  readonly details?: readonly { readonly source: string }[];
}

interface App {
  readonly hrn: string;
  readonly name: string;
  readonly description: string;
  readonly status: 'active' | 'deactivated';
}

interface ApiKey {
  readonly apiKey: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly expiresAt: number;
  readonly rotatedFrom?: string;
}

interface NewApiKey extends ApiKey {
  readonly apiKeyId: string;
}

interface Grant {
  readonly principal: string;
  readonly actions: ('read' | 'write' | 'manage')[];
}

interface Page<Item> {
  readonly limit: number;
  readonly items: Item[];
  readonly pageToken?: string;
}
