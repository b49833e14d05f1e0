import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen, loopback } from '../../infra/local/ports.ts';

interface Stack {
  readonly id: string;
  status: string;
  template: StandInTemplate;
  tags: string;
  isProtected: boolean;
  readonly events: [id: string, type: string, status: string, reason?: string][];
}

interface StandInTemplate {
  readonly Parameters?: Record<string, { readonly Default?: unknown }>;
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>;
}

interface ChangeSet {
  readonly stack: string;
  readonly template: StandInTemplate;
  readonly tags: string;
  readonly isNew: boolean;
  readonly deletesOnFailure: boolean;
}

/** A stand-in for CloudFormation, S3, Lambda, STS and ECR, as far as a deployment needs them: it keeps stacks and objects. */
export interface Aws {
  readonly env: Readonly<Record<string, string>>;
  readonly stacks: ReadonlyMap<string, Readonly<Stack>>;
  readonly objects: ReadonlyMap<string, unknown>;
  /** what it was asked, as the IAM action and what it is about: `cloudformation:CreateChangeSet appkeys-dev-data` */
  readonly asked: string[];
  /** lets the next change of a stack that has this resource fail there */
  failNext(stack: string, logicalId: string): void;
  stop(): void;
}

/** Each deployment that names no other has this one. */
const bucket = 'deployments';
const account = '123456789012';

export async function startAws(): Promise<Aws> {
  const stacks = new Map<string, Stack>();
  const gone: Stack[] = [];
  const changeSets = new Map<string, ChangeSet>();
  const objects = new Map<string, { body: Buffer; sha256: string; modified: Date }>();
  const asked: string[] = [];
  const failing = new Map<string, string>();
  let deployedAt = new Date(0);

  /** By its name or its ID. */
  const stackOf = (form: URLSearchParams) => {
    const name = form.get('StackName') ?? '';
    const found = stacks.get(name) ?? [...stacks.values(), ...gone].find(({ id }) => id === name);
    return found ?? fail('ValidationError', `Stack with id ${name} does not exist`);
  };
  const changeSetOf = (form: URLSearchParams) => `${form.get('StackName')} ${form.get('ChangeSetName')}`;

  const actions: Record<string, (form: URLSearchParams) => unknown> = {
    GetCallerIdentity: () => ({ Account: account, Arn: `arn:aws:iam::${account}:user/deployer`, UserId: 'deployer' }),
    DescribeStacks: (form) => {
      const { id, status, isProtected } = stackOf(form);
      const StackName = id.split('/')[1];
      const of = { StackId: id, StackName, StackStatus: status, CreationTime: '2026-11-27T00:00:00Z' };
      return { Stacks: { member: { ...of, EnableTerminationProtection: isProtected } } };
    },
    CreateChangeSet: (form) => {
      const name = form.get('StackName') ?? '';
      const url = form.get('TemplateURL');
      const key = url ? decodeURIComponent(new URL(url).pathname).replace(/^\/[^/]+\//, '') : '';
      const body = form.get('TemplateBody') ?? String(objects.get(key)?.body);
      const isNew = form.get('ChangeSetType') === 'CREATE';
      if (!isNew) stackOf(form);
      const template: StandInTemplate = JSON.parse(body);
      requireAllowed(template, form);
      const tags = [...form].filter(([field]) => field.startsWith('Tags.')).join(';');
      const deletesOnFailure = form.get('OnStackFailure') === 'DELETE';
      changeSets.set(changeSetOf(form), { stack: name, template, tags, isNew, deletesOnFailure });
      if (!stacks.has(name)) stacks.set(name, newStack(name));
      return { Id: form.get('ChangeSetName'), StackId: stacks.get(name)?.id };
    },
    DescribeChangeSet: (form) => {
      const changeSet = changeSets.get(changeSetOf(form)) ?? fail('ChangeSetNotFound', 'There is no such change set');
      const stack = stacks.get(changeSet.stack);
      const changes = changesOf(stack?.template, changeSet.template);
      const isSame = changes.length === 0 && stack?.tags === changeSet.tags;
      const why = "The submitted information didn't contain changes. Submit different information.";
      return {
        StackId: stack?.id,
        StackName: changeSet.stack,
        Status: isSame ? 'FAILED' : 'CREATE_COMPLETE',
        ...(isSame && { StatusReason: why }),
        Changes: { member: changes.map((ResourceChange) => ({ Type: 'Resource', ResourceChange })) },
      };
    },
    DeleteChangeSet: (form) => void changeSets.delete(changeSetOf(form)),
    ExecuteChangeSet: (form) => {
      const changeSet = changeSets.get(changeSetOf(form));
      const stack = stackOf(form);
      if (changeSet) execute(stack, changeSet);
    },
    UpdateTerminationProtection: (form) => {
      stackOf(form).isProtected = form.get('EnableTerminationProtection') === 'true';
      return {};
    },
    DescribeStackEvents: (form) => ({
      StackEvents: {
        member: stackOf(form)
          .events.map(([LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason], index) => ({
            StackId: 'x',
            StackName: LogicalResourceId,
            EventId: `${index}`,
            Timestamp: '2026-11-27T00:00:00Z',
            LogicalResourceId,
            ResourceType,
            ResourceStatus,
            ...(ResourceStatusReason && { ResourceStatusReason }),
          }))
          .reverse(),
      },
    }),
    DescribeStackResource: (form) => {
      const id = form.get('LogicalResourceId') ?? '';
      if (!stackOf(form).template.Resources[id]) fail('ValidationError', `Resource ${id} does not exist for stack`);
      return { StackResourceDetail: { LogicalResourceId: id, PhysicalResourceId: bucket } };
    },
    GetTemplateSummary: (form) => {
      const names = Object.keys(stackOf(form).template.Parameters ?? {});
      return { Parameters: { member: names.map((ParameterKey) => ({ ParameterKey })) } };
    },
    GetTemplate: (form) => ({ TemplateBody: JSON.stringify(stackOf(form).template) }),
    ValidateTemplate: () => ({}),
    ListStackResources: () => ({}),
    DeleteStack: (form) => drop(form.get('StackName') ?? ''),
  };

  /** Only its ID finds it from then on. */
  function drop(name: string): void {
    const stack = stacks.get(name);
    if (stack) gone.push(stack);
    stacks.delete(name);
  }

  function newStack(name: string): Stack {
    const id = `arn:aws:cloudformation:us-east-1:${account}:stack/${name}/1`.replace(/.*:stack/, 'stack');
    return { id, status: 'REVIEW_IN_PROGRESS', template: { Resources: {} }, tags: '', isProtected: false, events: [] };
  }

  function execute(stack: Stack, { stack: name, template, tags, isNew, deletesOnFailure }: ChangeSet): void {
    const action = isNew ? 'CREATE' : 'UPDATE';
    const end = (status: string) => {
      stack.status = status;
      stack.events.push([name, 'AWS::CloudFormation::Stack', status]);
    };
    end(`${action}_IN_PROGRESS`);
    const broken = failing.get(name);
    if (broken !== undefined && template.Resources[broken]) {
      failing.delete(name);
      stack.events.push([broken, template.Resources[broken]?.Type ?? '', `${action}_FAILED`, 'It is not allowed.']);
      if (isNew && deletesOnFailure) drop(name);
      end(isNew ? (deletesOnFailure ? 'DELETE_COMPLETE' : 'ROLLBACK_COMPLETE') : 'UPDATE_ROLLBACK_COMPLETE');
      return;
    }
    Object.assign(stack, { template, tags });
    if (Object.values(template.Resources).some(({ Type }) => Type === 'AWS::Lambda::Function')) deployedAt = new Date();
    end(`${action}_COMPLETE`);
  }

  async function answer(request: IncomingMessage): Promise<{ status?: number; headers?: object; text?: string }> {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    const { pathname, searchParams } = new URL(url, 'http://stand-in');
    const form = new URLSearchParams(body.toString('latin1'));
    const action = form.get('Action');
    if (headers['x-amz-target']) {
      asked.push('ecr:DescribeRepositories');
      return { status: 400, text: '{"__type":"RepositoryNotFoundException","message":"none"}' };
    }
    if (action && method === 'POST' && pathname === '/') {
      const service = action === 'GetCallerIdentity' ? 'sts' : 'cloudformation';
      asked.push(`${service}:${action} ${form.get('StackName') ?? ''}`.trim());
      return { text: xml(`${action}Response`, { [`${action}Result`]: actions[action]?.(form) ?? {} }) };
    }
    if (pathname.startsWith('/2015-03-31/functions/')) {
      const name = decodeURIComponent(pathname.split('/')[3] ?? '');
      asked.push(`lambda:GetFunction ${name}`);
      if (deployedAt.getTime() === 0)
        return { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } };
      return { text: JSON.stringify({ Configuration: { LastModified: deployedAt.toISOString() } }) };
    }
    return answerS3(method, pathname, searchParams, headers, body);
  }

  function answerS3(
    method: string,
    path: string,
    query: URLSearchParams,
    headers: IncomingMessage['headers'],
    body: Buffer,
  ) {
    const key = decodeURIComponent(path).replace(/^\/[^/]*\/?/, '');
    const ask = (action: string) => asked.push(`s3:${action} ${key || query.get('prefix') || ''}`.trim());
    if (method === 'PUT') {
      ask('PutObject');
      const sha256 = String(headers['x-amz-meta-filesha256'] ?? '');
      objects.set(key, { body, sha256, modified: new Date() });
      return { headers: { ETag: '"1"' } };
    }
    if (method === 'POST' && query.has('delete')) {
      ask('DeleteObject');
      for (const [, name = ''] of String(body).matchAll(/<Key>(.*?)<\/Key>/g)) objects.delete(name);
      return { text: '<DeleteResult/>' };
    }
    if (key === '') {
      ask('ListBucket');
      const prefix = query.get('prefix') ?? '';
      const found = [...objects].filter(([name]) => name.startsWith(prefix));
      const Contents = found.map(([Key, { modified }]) => ({ Key, LastModified: modified.toISOString(), Size: 1 }));
      return { headers: { 'x-amz-bucket-region': 'us-east-1' }, text: xml('ListBucketResult', { Contents }) };
    }
    ask('GetObject');
    const found = objects.get(key);
    if (!found) return { status: 404 };
    const LastModified = found.modified.toUTCString();
    const told = { 'x-amz-meta-filesha256': found.sha256, 'Last-Modified': LastModified, ETag: '"1"' };
    return { headers: told, ...(method === 'GET' && { text: String(found.body) }) };
  }

  const server = createServer(async (request, response) => {
    const reply = await answer(request).catch((error) => ({ status: 400, headers: {}, text: errorXml(error) }));
    response.writeHead(reply.status ?? 200, { ...reply.headers }).end(reply.text);
  });
  const endpoint = `http://${loopback}:${await listen(server)}`;
  return {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'WHEN_REQUIRED',
      SLS_AWS_MONITORING_FREQUENCY: '50',
    },
    stacks,
    objects,
    asked,
    failNext: (stack, id) => void failing.set(stack, id),
    stop: () => void server.close().closeAllConnections(),
  };
}

function fail(code: string, message: string): never {
  throw Object.assign(new Error(message), { code });
}

/** What CloudFormation asks for: a value of each parameter, a word for roles with names, and a template in S3 if it is large. */
function requireAllowed({ Parameters = {}, Resources }: StandInTemplate, form: URLSearchParams): void {
  const values = (name: string) => [...form].filter(([field]) => field.startsWith(name)).map(([, value]) => value);
  const missing = Object.keys(Parameters).filter(
    (name) => Parameters[name]?.Default === undefined && !values('Parameters.').includes(name),
  );
  if (missing.length > 0) fail('ValidationError', `Parameters: [${missing.join(', ')}] must have values`);
  const hasRoles = Object.values(Resources).some(({ Type }) => Type === 'AWS::IAM::Role');
  if (hasRoles && !values('Capabilities.').includes('CAPABILITY_NAMED_IAM'))
    fail('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_NAMED_IAM]');
  if ((form.get('TemplateBody')?.length ?? 0) > 51_200) fail('ValidationError', 'The template is too large');
}

/** What CloudFormation replaces: a table, when its name or its key is another one. */
function changesOf(before: StandInTemplate | undefined, after: StandInTemplate) {
  const old = before?.Resources ?? {};
  const ids = [...new Set([...Object.keys(old), ...Object.keys(after.Resources)])];
  return ids.flatMap((LogicalResourceId) => {
    const [one, other] = [old[LogicalResourceId], after.Resources[LogicalResourceId]];
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    const Action = !one ? 'Add' : other ? 'Modify' : 'Remove';
    const isReplaced = (name: string) =>
      JSON.stringify(one?.Properties?.[name]) !== JSON.stringify(other?.Properties?.[name]);
    const Replacement = one && other && ['TableName', 'KeySchema'].some(isReplaced) ? 'True' : 'False';
    const ResourceType = (other ?? one)?.Type;
    return [{ Action, LogicalResourceId, ResourceType, ...(Action === 'Modify' && { Replacement }) }];
  });
}

function errorXml(error: unknown): string {
  const { code = 'InternalFailure', message } = error as { code?: string; message: string };
  return xml('ErrorResponse', { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: 'x' });
}

function xml(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => xml(name, each)).join('');
  const isGroup = typeof value === 'object' && value !== null;
  const inner = isGroup
    ? Object.entries(value)
        .map(([child, content]) => xml(child, content))
        .join('')
    : escaped(String(value));
  return value === undefined ? '' : `<${name}>${inner}</${name}>`;
}

function escaped(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
