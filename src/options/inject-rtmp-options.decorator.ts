import { Inject } from '@nestjs/common';
import { RTMP_OPTIONS } from '../rtmp.constants.js';

/**
 * Injects the checked options of the module: {@link ResolvedRtmpOptions}.
 *
 * @publicApi
 */
export const InjectRtmpOptions = (): ParameterDecorator => Inject(RTMP_OPTIONS);
