import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen, loopback } from '../../infra/local/ports.ts';

/** What the stand-in answers to GetTemplate: a template, or an error with its code and message. Undefined: nothing. */
type Answer = { readonly template: string } | { readonly code: string; readonly message: string } | undefined;

/** A stand-in for CloudFormation, which answers in its protocol. */
export interface CloudFormation {
  /** variables by which the SDK finds it, and may ask it */
  readonly env: Readonly<Record<string, string>>;
  /** what it was asked: `GetTemplate appkeys-dev` */
  readonly asked: string[];
  /** by which access key each request was signed */
  readonly askedAs: readonly string[];
  answerWith(answer: Answer): void;
  stop(): void;
}

const notDeployed = (stack: string | null) => ({
  code: 'ValidationError',
  message: `Stack with id ${stack} does not exist`,
});

/** Starts it with no stack deployed. To whatever is no GetTemplate it answers that it is a stand-in. */
export async function startCloudFormation(): Promise<CloudFormation> {
  const asked: string[] = [];
  const askedAs: string[] = [];
  let answer: ((stack: string | null) => Answer) | undefined = notDeployed;
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const [action, stack] = [form.get('Action'), form.get('StackName')];
    asked.push(`${action} ${stack}`);
    askedAs.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const isRead = action === 'GetTemplate';
    const reply = isRead ? answer?.(stack) : { code: 'ValidationError', message: `No ${action} here: a stand-in` };
    if (reply === undefined) return;
    response.writeHead('code' in reply ? 400 : 200, { 'Content-Type': 'text/xml' }).end(toXml(reply));
  });
  const endpoint = `http://${loopback}:${await listen(server)}`;
  return {
    env: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    asked,
    askedAs,
    answerWith: (next) => {
      answer = () => next;
    },
    stop: () => void server.close().closeAllConnections(),
  };
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html */
function toXml(answer: NonNullable<Answer>): string {
  const namespace = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"';
  if ('code' in answer) {
    const error = `<Type>Sender</Type><Code>${answer.code}</Code><Message>${escaped(answer.message)}</Message>`;
    return `<ErrorResponse ${namespace}><Error>${error}</Error><RequestId>x</RequestId></ErrorResponse>`;
  }
  const result = `<GetTemplateResult><TemplateBody>${escaped(answer.template)}</TemplateBody></GetTemplateResult>`;
  const metadata = '<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata>';
  return `<GetTemplateResponse ${namespace}>${result}${metadata}</GetTemplateResponse>`;
}

function escaped(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
