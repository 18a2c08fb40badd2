import { z } from 'zod';

const ServiceId = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[0-9A-Za-z_.-]+$/, 'may contain only letters, digits, _ . and -');

const Key = z.string().min(32, 'must have at least 32 characters').max(1_000);

/** Body of `POST services`. */
export const ServiceCreation = z
  .strictObject({
    name: z.string().min(1).max(256).describe('Name for people.'),
    key: Key.optional().describe('Secret, at least 32 characters; made up when absent.'),
    id: ServiceId.optional().describe('Id of the service; 24 hex digits are made up when absent.'),
  })
  .describe('A service to be made.');
export type ServiceCreation = z.input<typeof ServiceCreation>;

/** Body of `POST services/{id}/key`. */
export const KeyRotation = z
  .strictObject({ key: Key.optional().describe('The new secret; made up when absent.') })
  .describe('The key that replaces the one there was.');
export type KeyRotation = z.input<typeof KeyRotation>;

/** A service, without its key. */
export const Service = z
  .object({
    _id: z.string().describe('Id of the service; also the `kid` of its tokens.'),
    name: z.string(),
    static: z.boolean().describe('It stands in the configuration and cannot be changed here.'),
    createdAt: z.number().optional().describe('ms since 1970.'),
  })
  .meta({ id: 'Service', description: 'An application that uses the server.' });
export type Service = z.infer<typeof Service>;

/** Answer of `POST services` and `POST services/{id}/key`: the only time that the key is shown. */
export const NewService = z
  .object({ ...Service.shape, key: z.string().describe('The secret; it is not shown again.') })
  .meta({ id: 'NewService', description: 'A service with the key that it was just given.' });
export type NewService = z.infer<typeof NewService>;

export const ServiceList = z.array(Service).describe('All services.');

/** Answer of a deletion, as text. */
export const ServiceDeleted = z.literal('Service deleted').describe('The service and its rooms are gone.');
