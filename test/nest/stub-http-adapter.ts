import { createServer } from 'node:http';
import { AbstractHttpAdapter } from '@nestjs/core';

/** The HTTP side of a hybrid application that serves no HTTP. */
export class StubHttpAdapter extends AbstractHttpAdapter {
  override initHttpServer(): void {
    this.setHttpServer(createServer());
  }

  override close(): void {}
  override useStaticAssets(): void {}
  override setViewEngine(): void {}
  override getRequestHostname(): string {
    return '';
  }
  override getRequestMethod(): string {
    return '';
  }
  override getRequestUrl(): string {
    return '';
  }
  override status(): void {}
  override reply(): void {}
  override end(): void {}
  override render(): void {}
  override redirect(): void {}
  override setErrorHandler(): void {}
  override setNotFoundHandler(): void {}
  override isHeadersSent(): boolean {
    return false;
  }
  override getHeader(): string {
    return '';
  }
  override setHeader(): void {}
  override appendHeader(): void {}
  override registerParserMiddleware(): void {}
  override enableCors(): void {}
  override createMiddlewareFactory(): () => void {
    return () => {};
  }
  override getType(): string {
    return 'stub';
  }
  override applyVersionFilter(handler: Function): never {
    return handler as never;
  }
}
