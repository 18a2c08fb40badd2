import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const description = [
  'Rooms, participants, streams, tokens, services and webhooks of a Portico server.',
  'Requests are signed with the key of a service: by `MAuth` as in Open WebRTC Toolkit, or by a short-lived JWT ' +
    '(HS256, `kid` or `iss` = service, `aud` = `portico-admin`, `exp` at most an hour ahead).',
  'Errors are problem details (RFC 9457) with a `code` of a closed list and the number of Open WebRTC Toolkit inside `error`.',
].join('\n\n');

/** The page needs its own scripts, and sets styles of elements. */
const pagePolicy = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
};

const logo = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="130" height="40" viewBox="0 0 130 40">' +
    '<text y="29" fill="#fff" font-family="sans-serif" font-size="28" font-weight="600">Portico</text></svg>',
);

/** `GET /openapi.json` (OpenAPI 3.1, generated from the schemas of the routes), and a page for it at `/docs`. */
export async function serveOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Portico management API', version, description },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          mauth: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'MAuth header.' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy,
    logo: { type: 'image/svg+xml', content: logo },
    theme: { title: 'Portico management API' },
  });
  // Made once, when it is first asked for: all routes are there then.
  let text: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').serializer(String).send(text);
  });
}
