/** Returns the application. A REST API has the authorizer's context in `authorizer`, an HTTP API in `authorizer.lambda`. */
export async function list({ requestContext: { authorizer } }) {
  const { appHrn } = authorizer.lambda ?? authorizer;
  return { statusCode: 200, body: JSON.stringify({ of: appHrn, invoices: [] }) };
}
