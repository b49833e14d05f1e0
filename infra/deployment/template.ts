/** A resource of a CloudFormation template, as far as plugins look into it. */
export interface Resource {
  readonly Type: string;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  UpdatePolicy?: unknown;
  Metadata?: Record<string, unknown>;
  Properties: Record<string, unknown>;
}

export interface Template {
  readonly AWSTemplateFormatVersion?: string;
  readonly Description?: string;
  Metadata?: Record<string, unknown>;
  readonly Parameters?: Record<string, unknown>;
  readonly Mappings?: Record<string, unknown>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources: Record<string, Resource>;
  readonly Outputs: Record<string, unknown>;
}

/** Sections of a template in a file of its own. */
export interface TemplatePart {
  readonly Resources?: Record<string, Resource>;
  readonly Outputs?: Record<string, unknown>;
}

/** @returns the logical IDs of all resources of a type */
export function idsOf(resources: Template['Resources'], type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}

export function dependOn(resource: Resource, ids: readonly string[]): void {
  resource.DependsOn = [...new Set([resource.DependsOn ?? [], ids].flat())];
}

/** @returns the statements of what a role may do */
export function statementsOf({ Properties }: Resource): Statement[] {
  const policies = (Properties.Policies ?? []) as readonly { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

export interface Statement {
  readonly Effect: string;
  Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

/** After this step of packaging, the framework has put all that it makes into the template. */
export const whenComplete = 'after:aws:package:finalize:mergeCustomProviderResources';
