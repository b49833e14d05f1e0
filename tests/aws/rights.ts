import { type Statement, statementsOf, type Template } from '../../infra/deployment/template.ts';
import { account, region } from '../../infra/local/functions.ts';
import type { Call } from './calls.ts';

/** One action on one resource that a statement of a role allows, under its condition. */
export interface Right {
  readonly action: string;
  /** an ARN, which may have `*` */
  readonly resource: string;
  readonly condition: Conditions;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** @returns what the role of a function allows, with the intrinsic functions of CloudFormation carried out */
export function rightsOf(functionId: string, service: Template, data: Template): Right[] {
  const named = service.Resources[functionId]?.Properties.Role as { readonly 'Fn::GetAtt': [string] } | undefined;
  const role = service.Resources[named?.['Fn::GetAtt'][0] ?? ''];
  if (!role) throw new Error(`The role of ${functionId} is not in the template.`);
  return statementsOf(role).flatMap((statement) => rightsIn(statement, data));
}

function rightsIn({ Effect, Action, Resource, Condition = {} }: Statement, data: Template): Right[] {
  if (Effect !== 'Allow') throw new Error(`A statement has the effect ${Effect}.`);
  const condition = resolved(Condition, data) as Conditions;
  return [Action]
    .flat()
    .flatMap((action) =>
      [resolved(Resource, data)].flat().map((resource) => ({ action, resource: String(resource), condition })),
    );
}

/** A resource of a template, where its ARN is not known. */
const arnOf = (logicalId: string) => `arn of ${logicalId}`;

function resolved(value: unknown, data: Template): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, data));
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::Sub': sub, 'Fn::GetAtt': attribute, 'Fn::ImportValue': name } = value as Record<string, never>;
  if (sub !== undefined) return substituted(sub);
  if (attribute !== undefined) return arnOf(attribute[0] ?? '');
  if (name !== undefined) return resolved(exportedAs(name, data), data);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, data)]));
}

function substituted(text: string): string {
  const values: Record<string, string> = { Partition: 'aws', Region: region, AccountId: account };
  return text.replace(/\$\{AWS::(\w+)\}/g, (pseudo, name) => values[name] ?? pseudo);
}

function exportedAs(name: string, { Outputs }: Template): unknown {
  const all = Object.values(Outputs) as { Value: unknown; Export?: { Name: string } }[];
  const found = all.find(({ Export }) => Export?.Name === name);
  if (!found) throw new Error(`The data stack exports no ${name}.`);
  return found.Value;
}

/** An alias stands for its key, which is what IAM looks at. */
export function withKeys({ resource, ...call }: Call, { Resources }: Template): Call {
  const alias = Object.values(Resources).find(({ Properties }) => Properties.AliasName === resource);
  const key = alias?.Properties.TargetKeyId as { readonly Ref: string } | undefined;
  return { ...call, resource: key ? arnOf(key.Ref) : resource };
}

/** Whether a right allows a request. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function allows({ action, resource, condition }: Right, call: Call): boolean {
  return action === call.action && isLike(call.resource, resource) && Object.entries(condition).every(isMet);

  function isMet([operator, keys]: readonly [string, Conditions[string]]): boolean {
    const test = operators[operator];
    if (!test) throw new Error(`The operator ${operator} is not known here.`);
    return Object.entries(keys).every(([key, wanted]) => test(call.context[key], [wanted].flat()));
  }
}

type Test = (found: readonly string[] | undefined, wanted: readonly string[]) => boolean;

const isOneOf: Test = (found, wanted) => found?.some((value) => wanted.includes(value)) ?? false;

const operators: Readonly<Record<string, Test>> = {
  StringEquals: isOneOf,
  StringEqualsIfExists: (found, wanted) => found === undefined || isOneOf(found, wanted),
  'ForAllValues:StringEquals': (found = [], wanted) => found.every((value) => wanted.includes(value)),
  'ForAllValues:StringLike': (found = [], wanted) =>
    found.every((value) => wanted.some((pattern) => isLike(value, pattern))),
  Null: (found, [wanted]) => String(found === undefined) === wanted,
};

function isLike(value: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(value);
}
