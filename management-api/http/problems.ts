import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { errorCodes, PorticoError } from '../../common/contract/errors.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Problem } from '../schemas/common.ts';
import { validationError } from './validation.ts';

/** Media type of errors (RFC 9457). */
const problemType = 'application/problem+json; charset=utf-8';

/** The answer that stands for an error. */
function problemOf(error: PorticoError): Problem {
  const { http, owt, text } = errorCodes[error.code];
  return {
    type: `urn:portico:error:${error.code}`,
    title: text,
    status: http,
    detail: error.message,
    code: error.code,
    ...error.details,
    error: { code: owt, message: error.message },
  };
}

/** What went wrong, in our words, whoever noticed it. */
function translate(error: FastifyError | PorticoError, request: FastifyRequest): PorticoError {
  if (error instanceof PorticoError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return validationError(error.validation, error.validationContext, request);
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PorticoError('too_large', 'the body of the request is too large');
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const message = 'the body must be application/json or application/x-www-form-urlencoded';
    return new PorticoError('bad_request', message, { field: 'content-type' });
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new PorticoError('bad_request', error.message);
  }
  return PorticoError.from(error);
}

function sendProblem(reply: FastifyReply, error: PorticoError): FastifyReply {
  const { retryAfterMs } = error.details;
  if (retryAfterMs !== undefined)
    void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1000)));
  const problem = problemOf(error);
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type(problemType)
    .serializer(JSON.stringify)
    .send(problem);
}

/** Every failure of the plugin is answered as a problem. */
export function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((thrown: FastifyError | PorticoError, request, reply) => {
    const error = translate(thrown, request);
    if (error.code === 'internal') {
      log.error({ err: thrown, path: request.routeOptions.url, method: request.method }, 'request failed');
    }
    return sendProblem(reply, error);
  });
}

/** Paths below the prefix that lead nowhere. */
export function answerUnknownPaths(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new PorticoError('not_found', `${request.method} is not offered at this path`)),
  );
}
