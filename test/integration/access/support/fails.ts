import assert from 'node:assert/strict';
import { PorticoError, type ErrorCode } from '../../../../common/contract/errors.ts';

/** For assert.rejects: an error of ours with this code, and this field when given. */
export const fails = (code: ErrorCode, field?: string) => (error: unknown) => {
  assert.ok(error instanceof PorticoError, String(error));
  assert.equal(error.code, code, error.message);
  if (field !== undefined) assert.equal(error.details.field, field);
  return true;
};
