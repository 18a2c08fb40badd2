/** Version of the SDK; told to the server at login. */
export const version = '0.1.0';
