def name_shapes(a): return a
def alike(a,b): return False
