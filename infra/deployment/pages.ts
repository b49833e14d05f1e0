import type { DeploymentSettings } from '../../lib/service/settings.ts';
import type { Resource } from './template.ts';

/** The function that serves what anybody can read. */
const pagesFunction = 'pages';

export function leaveOutPages(functions: Record<string, unknown>): void {
  delete functions[pagesFunction];
}

/** Gives each page a throttle of its own, so that a crowd at the pages leaves the other routes alone. */
export function throttlePages(
  stage: Resource | undefined,
  events: readonly { readonly http?: { readonly path: string } }[] = [],
  { rateLimit, burstLimit }: DeploymentSettings['pages'],
): void {
  const ofPages = events.flatMap(({ http }) => (http ? [encoded(http.path)] : []));
  const settings = (stage?.Properties.MethodSettings ?? []) as object[];
  for (const ResourcePath of ofPages)
    settings.push({
      HttpMethod: 'GET',
      ResourcePath,
      ThrottlingRateLimit: rateLimit,
      ThrottlingBurstLimit: burstLimit,
    });
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html */
function encoded(path: string): string {
  const inner = path.replace(/^\//, '');
  return inner === '' ? '/' : `/~1${inner.replaceAll('/', '~1')}`;
}
