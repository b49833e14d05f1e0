import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { account, region } from '../../infra/local/functions.ts';
import { listen, loopback } from '../../infra/local/ports.ts';

/** A request to AWS, as IAM looks at it. */
export interface Call {
  /** such as `dynamodb:GetItem` */
  readonly action: string;
  /** ARN, or the alias of a key */
  readonly resource: string;
  /** condition keys; those that the request does not have are missing */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Stands between a function and the engines, and writes down what it asks of them. */
export interface Recorder {
  /** variables by which the SDK finds it */
  readonly env: Record<string, string>;
  readonly calls: Call[];
  stop(): void;
}

/** Where the engines are. An event bus there is none: what is sent to it is given to `publish`. */
interface Engines {
  readonly dynamodb: string;
  readonly kms: string;
  readonly secretsManager: string;
  readonly publish: (entries: readonly BusEntry[]) => void;
}

export interface BusEntry {
  readonly EventBusName: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** @param functionName of the function that asks */
export async function startRecorder(engines: Engines, functionName: string): Promise<Recorder> {
  const calls: Call[] = [];
  const endpoints: Record<string, string> = {
    DynamoDB_20120810: engines.dynamodb,
    TrentService: engines.kms,
    secretsmanager: engines.secretsManager,
  };
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const [service = '', operation = ''] = target.split('.');
    const body = await text(request);
    const input = JSON.parse(body);
    calls.push(...(callsOf[service]?.(operation, input, functionName) ?? unknown(target)));
    const isBus = service === 'AWSEvents';
    if (isBus) engines.publish(input.Entries);
    const answer = isBus ? taken(input) : await forward(endpoints[service] ?? '', request, body);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
  });
  const endpoint = `http://${loopback}:${await listen(server)}`;
  const services = ['DYNAMODB', 'EVENTBRIDGE', 'KMS', 'SECRETS_MANAGER'];
  return {
    env: Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, endpoint])),
    calls,
    stop: () => void server.close().closeAllConnections(),
  };
}

function taken({ Entries }: { readonly Entries: readonly unknown[] }): Response {
  return Response.json({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'x' })) });
}

function forward(endpoint: string, { headers }: IncomingMessage, body: string): Promise<Response> {
  const names = ['authorization', 'content-type', 'x-amz-date', 'x-amz-target'];
  const sent = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  return fetch(endpoint, { method: 'POST', headers: sent, body });
}

interface Input extends DynamodbInput {
  readonly RequestItems?: Readonly<Record<string, DynamodbInput>>;
  readonly KeyId?: string;
  readonly SecretId?: string;
  readonly Entries?: readonly BusEntry[];
}

/** By the first part of a target. */
const callsOf: Readonly<Record<string, (operation: string, input: Input, functionName: string) => Call[]>> = {
  DynamoDB_20120810: (operation, input) =>
    operation === 'BatchGetItem'
      ? Object.entries(input.RequestItems ?? {}).map(([TableName, one]) =>
          dynamodbCall(operation, { TableName, ...one }),
        )
      : [dynamodbCall(operation, input)],
  TrentService: (operation, { KeyId }) => [{ action: `kms:${operation}`, resource: KeyId ?? '', context: {} }],
  secretsmanager: (operation, { SecretId }, functionName) => [
    {
      action: `secretsmanager:${operation}`,
      resource: SecretId ?? '',
      // It is the rotation function of the secret.
      context: {
        'secretsmanager:resource/AllowRotationLambdaArn': [
          `arn:aws:lambda:${region}:${account}:function:${functionName}`,
        ],
      },
    },
  ],
  AWSEvents: (operation, { Entries = [] }) =>
    Entries.map(({ EventBusName }) => ({
      action: `events:${operation}`,
      resource: `arn:aws:events:${region}:${account}:event-bus/${EventBusName}`,
      context: {},
    })),
};

function unknown(target: string): never {
  throw new Error(`Nobody here knows ${target}.`);
}

type Item = Readonly<Record<string, { readonly S?: string }>>;

interface DynamodbInput {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Keys?: readonly Item[];
  readonly Item?: Item;
  readonly ProjectionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ReturnValues?: string;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
function dynamodbCall(operation: string, input: DynamodbInput): Call {
  const table = `arn:aws:dynamodb:${region}:${account}:table/${input.TableName}`;
  const items = [input.Key, input.Item, ...(input.Keys ?? [])].filter((item) => item !== undefined);
  const isRead = ['GetItem', 'BatchGetItem'].includes(operation);
  const named = items.length === 0 ? {} : { 'dynamodb:LeadingKeys': items.map(({ pk }) => pk?.S ?? '') };
  return {
    action: `dynamodb:${operation}`,
    resource: input.IndexName === undefined ? table : `${table}/index/${input.IndexName}`,
    context: {
      ...named,
      'dynamodb:Attributes': [...new Set([...items.flatMap(Object.keys), ...attributesOf(input)])],
      ...(isRead && { 'dynamodb:Select': [input.ProjectionExpression ? 'SPECIFIC_ATTRIBUTES' : 'ALL_ATTRIBUTES'] }),
      ...(input.ReturnValues !== undefined && { 'dynamodb:ReturnValues': [input.ReturnValues] }),
    },
  };
}

const words =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|BETWEEN|IN|size|contains|begins_with|attribute_\w+|if_not_exists|list_append)$/;

/** The attributes that the expressions name, apart from what is inside of them. */
function attributesOf(input: DynamodbInput): string[] {
  const { ProjectionExpression = '', UpdateExpression = '', ConditionExpression = '' } = input;
  const { ExpressionAttributeNames: names = {} } = input;
  const expressions = `${ProjectionExpression} ${UpdateExpression} ${ConditionExpression}`;
  const found = expressions.match(/(?<![.:#\w])#?[A-Za-z_]\w*/g) ?? [];
  return found.filter((name) => !words.test(name)).map((name) => names[name] ?? name);
}
