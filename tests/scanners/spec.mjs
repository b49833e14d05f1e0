import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';

// Prints what AWS's service specification says of the named types of resources, and of the types that their properties have.
// JavaScript, because its package is not there when types are checked.
const database = loadAwsServiceSpecSync();
const definitions = {};

function note(value) {
  if (typeof value !== 'object' || value === null) return;
  const id = value.reference?.$ref;
  if (id !== undefined && !definitions[id]) {
    definitions[id] = database.get('typeDefinition', id).properties;
    note(definitions[id]);
  }
  for (const inner of Object.values(value)) note(inner);
}

const resources = process.argv.slice(2).map((type) => {
  const [found] = database.lookup('resource', 'cloudFormationType', 'equals', type);
  note(found?.properties);
  return [type, found?.properties];
});
process.stdout.write(JSON.stringify({ resources: Object.fromEntries(resources), definitions }));
