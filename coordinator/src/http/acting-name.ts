import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

interface ActingRequest {
  readonly actor?: { readonly name: string };
}

/** Who asks, by name, as the guard found out; `admin` for the machine's own token. */
export const ActingName = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest<ActingRequest>().actor?.name ?? 'admin',
);
