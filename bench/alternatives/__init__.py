"""oncoqa's search beside the alternatives: the same passages, questions, encoder, machine and run.

    python -m bench.alternatives.install
    python -m bench.alternatives --data FOLDER… [--out FILE]

Each contestant is a process of its own, in a virtual environment of its own (`requirements/`), held
to one core. `--data` takes folders in the layout of BEIR; oncoqa's releases with the questions of
`evals/cases` come first. Passages and questions are encoded once, by the encoder that all share,
and handed out; a question is then timed both ways: `ask` encodes and searches, `search` is given
the vector, so that the search alone is compared. The contestants take turns, round by round, with
the same questions in the same order.

The file holds

    machine    cores, processor, python, date
    settings   the arguments
    versions   contestant: library: version
    corpora    name: {passages, questions, timed, encoding_s, contestants: name: figures}

and a contestant's figures are, each time the median over the rounds:

    recall@5, ndcg@10           over all questions, as `oncoqa.evals.ranking` has them
    ask_ms_p50, ask_ms_p95      a question, encoded and searched
    ask_cpu_ms                  what such a question takes of the processor, on average
    ask_per_s                   questions a second, encoded and searched; through the library's door
                                for many questions at once where it has one
    search_ms_p50, …_ms_p95, …_cpu_ms, …_per_s    the same with the vector given
    index_s                     of all passages, their vectors given; `encoding_s` comes on top
    index_whole_s               of the releases only: encoded by the contestant as it indexes
    start_s                     interpreter, imports, encoder, one vector
    peak_mb                     of the process, indexing and asked
"""
