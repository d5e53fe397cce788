/** The ports that the process really listens on, once it does; port 0 in the configuration means any free one. */
export class Listening {
  grpcPort: number | undefined;
  httpPort: number | undefined;
}
