import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** Connects over TCP, asks for the version and closes. Throws what mysql2 throws. */
export async function sqlVersion(server: {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}): Promise<string> {
  const connection = await createConnection({ ...server, connectTimeout: 3000 });
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return String(rows[0]?.['version']);
  } finally {
    connection.destroy();
  }
}
