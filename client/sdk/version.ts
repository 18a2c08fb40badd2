/** Version of the SDK. */
export const version = '0.1.0';

/** Told to the server. */
export const userAgent = { sdk: { type: 'Portico', version } };
