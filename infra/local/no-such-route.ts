import { ApiError } from '../../lib/domain/errors.ts';
import { publicEndpoint } from '../../lib/http/endpoint.ts';

/** What API Gateway answers by itself when deployed: there is no such route. */
export const handler = publicEndpoint({ id: 'noSuchRoute' }, async () => {
  throw new ApiError('404404');
});
