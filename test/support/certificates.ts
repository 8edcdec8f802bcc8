import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './programs.js';
import { words } from './words.js';

/** Files of a certificate. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates with OpenSSL, in a folder that is gone when it is disposed of. */
export class CertificateMaker {
  readonly folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-tls-'));

  /** Signed by itself, for a host name and 127.0.0.1. */
  selfSigned(file: string, host: string): CertificateFiles {
    const { cert, key } = this.#files(file);
    run(
      'openssl',
      words`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${cert} -days 2
        -subj /CN=${host} -addext subjectAltName=DNS:${host},IP:127.0.0.1,IP:::1`,
    );
    return { cert, key };
  }

  /** Signed by a certificate of {@link selfSigned}. */
  signedBy(authority: CertificateFiles, file: string, subject: string, altName: string): CertificateFiles {
    const { cert, key } = this.#files(file);
    const request = join(this.folder, `${file}.csr`);
    const extensions = join(this.folder, `${file}.ext`);
    writeFileSync(extensions, `subjectAltName=${altName}\n`);
    run(
      'openssl',
      words`req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${request} -subj ${subject}`,
    );
    run(
      'openssl',
      words`x509 -req -in ${request} -CA ${authority.cert} -CAkey ${authority.key} -CAcreateserial -days 2
        -extfile ${extensions} -out ${cert}`,
    );
    return { cert, key };
  }

  /** Both in one PKCS #12 file. */
  bundle({ cert, key }: CertificateFiles, file: string, passphrase: string): string {
    const pfx = join(this.folder, `${file}.p12`);
    run('openssl', words`pkcs12 -export -in ${cert} -inkey ${key} -out ${pfx} -passout pass:${passphrase}`);
    return pfx;
  }

  read({ cert, key }: CertificateFiles): { cert: string; key: string } {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files(file: string): CertificateFiles {
    return { cert: join(this.folder, `${file}.pem`), key: join(this.folder, `${file}.key`) };
  }
}
