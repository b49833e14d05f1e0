import { describe, expect, it } from 'vitest';
import * as validators from '../../lib/contract/generated/validators.js';
import { requireValid, type Validator } from '../../lib/contract/validator.ts';
import { refusalOf } from '../support/apps.ts';

/** What is told of a value that does not fit. */
function detailsOf(validate: Validator, data: unknown) {
  const { code, parts } = refusalOf(() => requireValid(validate, data));
  return { code, details: parts.details?.map(({ source, message }) => `${source} ${message}`) };
}

/** A validator that finds one fault. */
function finding(fault: object): Validator {
  return Object.assign(() => false, { errors: [{ instancePath: '', schemaPath: '', params: {}, ...fault }] as never });
}

describe('what is told of a value that does not fit', () => {
  it('nothing of one that fits', () => {
    expect(() => requireValid(validators.generateApiKey, { name: 'x' })).not.toThrow();
  });

  it('that a field is required', () => {
    expect(detailsOf(validators.generateApiKey, {})).toEqual({ code: '400201', details: ['$.name is required'] });
  });

  it('which fields there are', () => {
    expect(detailsOf(validators.generateApiKey, { name: 'x', nmae: 'y' })).toEqual({
      code: '400200',
      details: ['$.nmae is not a known field; known are: name, expiresAt, enabled'],
    });
  });

  it('which values there are', () => {
    expect(detailsOf(validators.putGrant, { actions: ['read', 'all'] }).details).toEqual([
      '$.actions.1 must be one of: read, write, manage',
    ]);
  });

  it('what a text must be', () => {
    const [told] = detailsOf(validators.generateApiKey, { name: '' }).details ?? [];
    expect(told).toMatch(/^\$\.name must be: 1 to 255 characters/);
  });

  it('else what the validator says of it, if that says anything', () => {
    expect(detailsOf(validators.generateApiKey, { name: 1 }).details).toEqual(['$.name must be string']);
    expect(detailsOf(finding({ keyword: 'not' }), 1)).toEqual({ code: '400200', details: ['$ is not allowed'] });
    expect(detailsOf(() => false, 1)).toEqual({ code: '400200', details: [] });
  });
});
