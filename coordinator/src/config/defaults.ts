/** Where a coordinator keeps its state, and where its API listens, unless it is told otherwise: commands look there. */
export const DEFAULT_STATE = '/var/lib/consilium-coordinator';
export const DEFAULT_HTTP_PORT = 7480;
