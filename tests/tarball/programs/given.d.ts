/** What the examples of the package's pages take as given. */
declare function getToken(): Promise<string>;
declare function save(secret: string): void;
declare function serve(identity: string): void;
declare const apiKeyId: string;
declare const correlationId: string;
declare const app: import('fastify').FastifyInstance;
