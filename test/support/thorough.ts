/** How often each fault is repeated. */
export const repetitions = Number(process.env['PORTICO_FAULT_REPETITIONS'] ?? 3);

/** The long run of the tests (`npm run test:long`): outages last as long as in life. */
export const thorough = repetitions >= 20;
