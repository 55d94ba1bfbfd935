import { describe, expect, it } from 'vitest'
import { parseHttp } from './parse-http.ts'

describe('parseHttp', () => {
  it('reads status, headers and body', () => {
    expect(parseHttp('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: a: b\r\n\r\nhi\r\n\r\nthere')).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain', x: 'a: b' },
      body: 'hi\r\n\r\nthere',
    })
  })
  it('passes over interim answers', () => {
    expect(parseHttp('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204 })
  })
  it('joins chunks, and leaves alone what somebody has joined already', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(parseHttp(`${head}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n`)?.body).toBe('hello world')
    expect(parseHttp(`${head}hello`)?.body).toBe('hello')
  })
  it('is not fooled by what is no answer', () => {
    expect(parseHttp('nc: bad address')).toBeUndefined()
    expect(parseHttp('')).toBeUndefined()
  })
})
