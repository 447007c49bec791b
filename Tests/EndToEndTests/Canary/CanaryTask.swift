/// What every task of the canary test runs: it tells all it was given, in every form, in pieces.
enum CanaryTask {
    /// `tell.py GATE`: writes to both streams and to `MARTLET_PROGRESS`, makes `GATE.<pid>`, waits for the file GATE,
    /// and ends with a value as the last line of each stream.
    static let script = #"""
        import base64, json, os, random, re, sys, time, urllib.parse

        names = [name for name in os.environ if re.fullmatch(r"(MARTLET_PARAM_)?[CD]_\d{4}", name)]
        names.sort(key=lambda name: (name[0] != "D", name))
        values = [os.environ[name] for name in names]

        def forms(value):
            data = value.encode()
            yield data
            for before in b"", b"x", b"xy":
                yield base64.b64encode(before + data)
                yield base64.urlsafe_b64encode(before + data + b"tail")
            for kept in "", "/":
                yield urllib.parse.quote(value, safe=kept).encode()
            yield urllib.parse.quote_plus(value).encode()
            yield json.dumps(value).encode()
            yield json.dumps(value, ensure_ascii=False).encode()
            yield from (line.encode() for line in value.splitlines())

        def say(stream, data, slowly):
            while data:
                size = random.randint(1, 24)
                os.write(stream, data[:size])
                data = data[size:]
                if slowly: time.sleep(0.0005)

        for number, value in enumerate(values):
            for form in forms(value):
                say(random.choice((1, 2)), b"<" + form + b">\n", slowly=number % 50 == 0)
        with open(os.environ["MARTLET_PROGRESS"], "a") as report:
            for number, value in enumerate(values):
                def tell(**members): report.write(json.dumps(members, ensure_ascii=number % 2 == 0) + "\n")
                tell(message=value, warning=value, event="told " + value)
                tell(result={"r%d" % (number % 200): [value, {value: base64.b64encode(value.encode()).decode()}]})
                tell(result={value.splitlines()[0]: 1})
                report.write(value + "\n")
            report.flush()
            open("%s.%d" % (sys.argv[1], os.getpid()), "w").close()
            deadline = time.monotonic() + 300
            while not os.path.exists(sys.argv[1]):
                if time.monotonic() > deadline: sys.exit("nobody opened the gate")
                time.sleep(0.02)
        for stream in 1, 2: say(stream, b"last " + values[-1].encode() + b"\n", slowly=True)
        """#
}
