import { z } from 'zod';

/** A port to listen on; 0: any that is free. */
export const Port = z.int().min(0).max(65_535);

export const PositiveMs = z.int().positive();
