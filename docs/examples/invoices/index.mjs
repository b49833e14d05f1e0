/** Answers with whose invoices they are: what the authorizer tells stands elsewhere in a REST than in an HTTP API. */
export async function list({ requestContext: { authorizer } }) {
  const { appHrn } = authorizer.lambda ?? authorizer;
  return { statusCode: 200, body: JSON.stringify({ of: appHrn, invoices: [] }) };
}
