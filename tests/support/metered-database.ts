import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen, loopback } from '../../infra/local/ports.ts';

/** One request to the database, and the capacity units that it took. */
export type Metered = `${string} ${number}`;

/** Stands in front of a database and asks it with every request what that takes. */
export async function startMeteredDatabase(endpoint: string): Promise<{ endpoint: string; requests: Metered[] }> {
  const requests: Metered[] = [];
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const body = JSON.stringify({ ...JSON.parse(await text(request)), ReturnConsumedCapacity: 'TOTAL' });
    const { authorization = '', 'x-amz-date': date = '' } = request.headers;
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, authorization };
    const answer = await fetch(endpoint, { method: 'POST', headers: { ...headers, 'x-amz-date': String(date) }, body });
    const answered = await answer.text();
    // A list where a request may be about several tables.
    const [consumed] = [JSON.parse(answered).ConsumedCapacity].flat();
    requests.push(`${target.split('.')[1]} ${consumed?.CapacityUnits}`);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answered);
  });
  const port = await listen(server);
  server.unref();
  return { endpoint: `http://${loopback}:${port}`, requests };
}
